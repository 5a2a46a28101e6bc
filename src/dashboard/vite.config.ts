import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Built into the folder that the Worker serves as its assets. Nothing is inlined: the page's policy allows scripts from files only.
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: '../../dist/dashboard',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});

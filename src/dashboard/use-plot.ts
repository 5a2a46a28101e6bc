// One uPlot in a holder: made once, as wide as its holder, fed with whatever comes.
import { useEffect, useRef, type RefObject } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface PlotRefs {
  readonly holder: RefObject<HTMLDivElement | null>;
  readonly plot: RefObject<uPlot | null>;
}

/** `makeOptions` is called once, when the holder is there to be measured. */
export function usePlot(
  makeOptions: (element: HTMLElement) => uPlot.Options,
  columns: uPlot.AlignedData,
): PlotRefs {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const make = useRef(makeOptions);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return undefined;
    const options = make.current(element);
    const made = new uPlot(options, options.series.map(() => []) as unknown as uPlot.AlignedData, element);
    plot.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: options.height }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, []);
  useEffect(() => {
    plot.current?.setData(columns);
  }, [columns]);
  return { holder, plot };
}

export function readColor(element: HTMLElement, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

/** What all axes of the page look like. */
export function axisStyle(element: HTMLElement) {
  return {
    stroke: readColor(element, '--muted'),
    grid: { stroke: readColor(element, '--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
}

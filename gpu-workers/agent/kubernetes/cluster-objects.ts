// The objects of the Kubernetes API that are read, as far as they are read. What is unknown in them is left alone. Pure.
import { z } from 'zod';
import { managedFields } from './field-owners.ts';

const conditions = z
  .array(
    z.object({
      type: z.string(),
      status: z.string(),
      reason: z.string().optional(),
      message: z.string().optional(),
    }),
  )
  .default([]);

const metadata = z.object({
  name: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  annotations: z.record(z.string(), z.string()).default({}),
  managedFields,
});
export type Metadata = z.infer<typeof metadata>;

/** Any object that is about to be set. */
export const anyObject = z.object({ metadata });

export const scaleObject = z.object({
  /** The label query of its pods, in the form that a list takes. */
  status: z.object({ selector: z.string() }),
});

export const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ deletionTimestamp: z.string().optional() }),
      status: z.object({ phase: z.string().optional(), conditions }).optional(),
    }),
  ),
});

export const deploymentList = z.object({
  items: z.array(z.object({ status: z.object({ conditions }).optional() })),
});

export const deploymentObject = z.object({ status: z.object({ conditions }).optional() });

export const knativeService = z.object({
  metadata,
  status: z
    .object({ url: z.string().optional(), latestReadyRevisionName: z.string().optional() })
    .default({}),
});

export const inferenceService = z.object({
  metadata,
  status: z.object({ url: z.string().optional(), deploymentMode: z.string().optional() }).default({}),
});

export type Pods = z.infer<typeof podList>['items'];
export type Deployments = z.infer<typeof deploymentList>['items'];

import { fileTools } from './files.ts'
import { orderTools } from './orders.ts'
import { otherTools } from './other-tools.ts'
import type { SampleGroup } from './sample-tool.ts'
import { weatherTools } from './weather.ts'

/** The tools of the static page. */
export const sampleGroups: readonly SampleGroup[] = [
  { id: 'weather', title: 'Weather', tools: weatherTools },
  { id: 'orders', title: 'Orders, in pages', tools: orderTools },
  { id: 'files', title: 'Files in memory', tools: fileTools },
  ...otherTools,
]

import type { TraceBundle } from '../trace/bundle/open-bundle.ts'
import type { PayloadReference } from '../trace/format/raw-event.ts'

/** Returns the JSON of a payload: a file as it is, or the content of a record. */
export function payloadJson(bundle: TraceBundle, reference: PayloadReference): string {
  return 'path' in reference ? bundle.readText(reference.path) : JSON.stringify(bundle.payloads.read(reference))
}

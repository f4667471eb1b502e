import { loadPeer, type PeerPackage } from '../installation/peer-package.ts'

/** The API of OpenTelemetry, which the program installs. Without an SDK it does nothing. */
export type OtelApi = typeof import('@opentelemetry/api')

const peer: PeerPackage = {
  name: '@opentelemetry/api',
  entry: 'codecell/otel',
  versions: '1',
  needs: ['context', 'trace', 'SpanKind', 'SpanStatusCode'],
}

/** Loads the API. Throws `PACKAGE_MISSING`, `PACKAGE_UNSUPPORTED`. */
export async function loadOtelApi(): Promise<OtelApi> {
  return await loadPeer(peer, async () => await import('@opentelemetry/api'))
}

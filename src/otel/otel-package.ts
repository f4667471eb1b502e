import { missingPackage } from '../adapters/door/missing-package.ts'

/** The API of OpenTelemetry, which programs with telemetry have: without an SDK behind it, it does nothing. */
export type OtelApi = typeof import('@opentelemetry/api')

/** Loads the API. Throws `PACKAGE_MISSING` where it is not installed. */
export async function loadOtelApi(): Promise<OtelApi> {
  return await import('@opentelemetry/api').catch((cause: unknown) => {
    throw missingPackage('@opentelemetry/api', 'codecell/otel', cause)
  })
}

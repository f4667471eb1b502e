import { CodecellError } from '../errors.ts'

/** The API of OpenTelemetry, which programs with telemetry have: without an SDK behind it, it does nothing. */
export type OtelApi = typeof import('@opentelemetry/api')

/** Loads the API. Throws `PACKAGE_MISSING` where it is not installed. */
export async function loadOtelApi(): Promise<OtelApi> {
  try {
    return await import('@opentelemetry/api')
  } catch (cause) {
    throw new CodecellError(
      'PACKAGE_MISSING',
      'Cannot load "codecell/otel": it needs the package "@opentelemetry/api", run npm install @opentelemetry/api',
      { cause },
    )
  }
}

/** A JSON value without the wall times of its headers, which differ from run to run. */
export function withoutWallTime(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/Wall time [\d.]+ seconds/g, 'Wall time'))
}

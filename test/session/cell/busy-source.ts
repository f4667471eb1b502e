const alphabet = 'type D = 0|1|2|3|4|5|6|7|8|9; type S = `${D}${D}${D}${D}`; let x: S;'

const splits = Array.from(
  { length: 60 },
  (_, i) =>
    `type Q${i}<T> = T extends \`\${infer A}${i}\${infer B}\` ? [A, B] | Q${i}<B> : never; let q${i}: Q${i}<S> = null as any; x = q${i};`,
)

/** A program that keeps the TypeScript compiler busy for minutes. */
export const busySource: string = alphabet + splits.join('\n')

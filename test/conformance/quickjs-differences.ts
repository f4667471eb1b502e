/** A case of the conformance suite that QuickJS does not pass as V8 does. */
type Difference = {
  /** Whether only the words of an error differ, or what the program can do. */
  readonly kind: 'words' | 'behavior'
  /** The difference, for users. */
  readonly difference: string
}

/** The cases in which QuickJS differs from V8, by id. `conformance.slow.test.ts` checks that all others pass, and that these do not. */
export const quickJsDifferences: ReadonlyMap<string, Difference> = new Map([
  ['CM-G24', { kind: 'behavior', difference: '`Intl` is undefined' }],
  ['CM-G81', { kind: 'words', difference: 'messages of `Uint8Array.fromBase64` for options that do not exist' }],
  ['CM-G83', { kind: 'words', difference: 'the message of `Math.sumPrecise` for a string' }],
  ['CM-G85', { kind: 'behavior', difference: '`Intl.Locale` is undefined' }],
  [
    'CM-G87',
    { kind: 'words', difference: 'messages of `import()` for a symbol, and for options that are not objects' },
  ],
])

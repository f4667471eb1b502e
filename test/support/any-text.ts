import fc from 'fast-check'

const codePoint = fc.oneof(
  // What terminals, HTML and JSON treat in a special way is here for the most part.
  fc.integer({ min: 0, max: 0x20ff }),
  fc.integer({ min: 0x2100, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10ffff }),
)

/** A text of any characters. The unit `binary` of fast-check takes most of a second to start. */
export function anyText(constraints: fc.StringConstraints = {}): fc.Arbitrary<string> {
  return fc.string({ unit: codePoint.map((code) => String.fromCodePoint(code)), ...constraints })
}

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyCharacter } from '../../test/support/any-character.ts'
import { escapePattern } from './escape-pattern.ts'

test('an escaped string matches itself, alone and between other parts', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), fc.string(), (text, other) => {
      const pattern = new RegExp(`^${escapePattern(text)}$`, 's')
      expect(pattern.test(text)).toBe(true)
      expect(pattern.test(other)).toBe(other === text)
      expect(new RegExp(`^a${escapePattern(text)}.*$`, 'sv').test(`a${text}b`)).toBe(true)
    }),
  )
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CodecellError } from '../../errors.ts'
import { ProtoReader, ProtoWriter } from './protobuf.ts'

const field = fc.integer({ min: 1, max: 2 ** 29 - 1 })

/** Includes halves of surrogate pairs. The library's own characters take a second to prepare. */
const codePoint = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code))

describe('a Protobuf message', () => {
  test('keeps every number up to 2^53 - 1', () => {
    fc.assert(
      fc.property(field, fc.maxSafeNat(), (at, value) => {
        const read = new ProtoReader(new ProtoWriter().number(at, value).finish())
        expect(read.number(at) ?? 0).toBe(value)
      }),
    )
  })

  test('keeps strings and nested messages', () => {
    fc.assert(
      fc.property(field, fc.array(fc.string({ unit: codePoint })), (at, texts) => {
        const writer = new ProtoWriter()
        for (const text of texts) writer.message(at, new ProtoWriter().text(1, text))
        const read = new ProtoReader(writer.finish()).messages(at)
        expect(read.map((message) => message.text(1))).toEqual(texts.map((text) => text.toWellFormed()))
      }),
    )
  })

  test('of random bytes is parsed, or refused with PROTOCOL_VIOLATION', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const read = new ProtoReader(Buffer.from(bytes))
          read.messages(1).map((message) => message.optionalText(1))
        } catch (error) {
          expect(error).toBeInstanceOf(CodecellError)
          expect(error).toMatchObject({ code: 'PROTOCOL_VIOLATION' })
        }
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['a truncated number', '08ff'],
    ['a number of eleven bytes', '08ffffffffffffffffffff01'],
    ['a string longer than the message', '0a05616263'],
    ['a length of 2^63', '0affffffffffffffffff01'],
    ['field 0', '0001'],
    ['a group', '0b'],
    ['a truncated fixed number', '0d0102'],
  ])('with %s is refused', (_, hex) => {
    expect(() => new ProtoReader(Buffer.from(hex, 'hex'))).toThrow(/Cannot parse a Protobuf message/)
  })

  test('is parsed without the fields of unused types', () => {
    // Field 2 with 32 bits, field 3 with 64, and field 4 as a group with a group.
    const unused = ['1501020304', '190102030405060708', '232b2c24']
    const read = new ProtoReader(Buffer.from([...unused, '0a0161'].join(''), 'hex'))
    expect(read.text(1)).toBe('a')
  })

  test.each([
    ['a number', '0801'],
    ['64 bits', '090102030405060708'],
    ['a group', '0b0c'],
  ])('with %s in the field of a string is refused', (_, hex) => {
    expect(() => new ProtoReader(Buffer.from(hex, 'hex')).text(1)).toThrow('it has another type in field 1')
  })

  test('parses a number beyond 2^53 as 2^53 - 1', () => {
    expect(new ProtoReader(Buffer.from('08ffffffffffffffffff01', 'hex')).number(1)).toBe(Number.MAX_SAFE_INTEGER)
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { omittedMediaText, parseDataUri } from './media.ts'

test.each([
  ['data:image/png;base64,AAAA', { mediaType: 'image/png', base64: 'AAAA' }],
  ['data:image/png;name=x.png;base64,AAAA', { mediaType: 'image/png', base64: 'AAAA' }],
  ['data:IMAGE/PNG;charset=x;base64,AA==', { mediaType: 'image/png', base64: 'AA==' }],
  ['DATA:audio/x-wav;BASE64,', { mediaType: 'audio/x-wav', base64: '' }],
  ['data:image/png,AAAA', null],
  ['data:;base64,AAAA', null],
  ['https://example.org/a.png', null],
  ['', null],
])('parseDataUri() parses %j', (uri, media) => {
  expect(parseDataUri(uri)).toEqual(media)
})

test('parseDataUri() returns the bytes of any data URI in linear time', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const base64 = Buffer.from(bytes).toString('base64')
      expect(parseDataUri(`data:image/png;base64,${base64}`)).toEqual({ mediaType: 'image/png', base64 })
    }),
  )
  expect(parseDataUri(`data:a/b${';'.repeat(100_000)}`)).toBeNull()
  expect(parseDataUri(`data:a/b;base64,${'A'.repeat(1_000_000)}`)?.base64.length).toBe(1_000_000)
})

test.each([
  ['data:audio/wav;base64,AAAA', '[audio omitted: this interface does not support audio/wav]'],
  [`data:,${'A'.repeat(1000)}`, '[audio omitted: its URL is not a base64 data URI]'],
])('omittedMediaText() does not repeat the data', (uri, text) => {
  expect(omittedMediaText({ type: 'input_audio', audio_url: uri })).toBe(text)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mediaOf } from './data-uri.ts'

test.each([
  ['data:image/png;base64,AAAA', { mediaType: 'image/png', base64: 'AAAA' }],
  ['data:IMAGE/PNG;charset=x;base64,AA==', { mediaType: 'image/png', base64: 'AA==' }],
  ['DATA:audio/x-wav;BASE64,', { mediaType: 'audio/x-wav', base64: '' }],
  ['data:image/png,AAAA', null],
  ['data:;base64,AAAA', null],
  ['https://example.org/a.png', null],
  ['', null],
])('mediaOf() reads %j', (uri, media) => {
  expect(mediaOf(uri)).toEqual(media)
})

test('mediaOf() returns the bytes of any data URI in linear time', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const base64 = Buffer.from(bytes).toString('base64')
      expect(mediaOf(`data:image/png;base64,${base64}`)).toEqual({ mediaType: 'image/png', base64 })
    }),
  )
  expect(mediaOf(`data:a/b${';'.repeat(100_000)}`)).toBeNull()
  expect(mediaOf(`data:a/b;base64,${'A'.repeat(1_000_000)}`)?.base64.length).toBe(1_000_000)
})

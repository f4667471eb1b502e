import { expect, test } from 'vitest'
import { ObjectScan } from './object-scan.ts'

test.each(['{}', '{"a":[{"b":"}"}],"c":"\\"]"}', String.raw`{"path":"C:\\","next":{"x":"\\\""}}`, '{"a\n":1}'])(
  'ObjectScan finds the end of %j in any two pieces',
  (object) => {
    const text = `${object}{"next"`
    for (let cut = 0; cut < object.length; cut++) {
      const scan = new ObjectScan()
      expect(scan.endIn(text.slice(0, cut))).toBeNull()
      expect(scan.endIn(text.slice(cut))).toBe(object.length - cut)
    }
  },
)

test('ObjectScan tells whether the text ends in a string', () => {
  const scan = new ObjectScan()
  expect(scan.endIn('{"a":"b')).toBeNull()
  expect(scan.isInString).toBe(true)
  expect(scan.endIn('"')).toBeNull()
  expect(scan.isInString).toBe(false)
})

test('ObjectScan takes linear time', () => {
  expect(new ObjectScan().endIn('{"'.repeat(1_000_000))).toBeNull()
})

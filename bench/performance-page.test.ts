import { expect, test } from 'vitest'
import { replaceBetweenMarkers } from './performance-page.ts'

test('replaceBetweenMarkers() replaces the report and keeps the rest of the page', () => {
  const page = '# Page\n\n<!-- bench:begin -->\nold\n<!-- bench:end -->\n\nmore\n'
  const once = replaceBetweenMarkers(page, 'new')
  expect(once).toBe('# Page\n\n<!-- bench:begin -->\n\nnew\n\n<!-- bench:end -->\n\nmore\n')
  expect(replaceBetweenMarkers(once, 'new')).toBe(once)
})

test.each(['# Page\n', '<!-- bench:end --> <!-- bench:begin -->'])(
  'replaceBetweenMarkers() rejects a page without ordered markers: %s',
  (page) => {
    expect(() => replaceBetweenMarkers(page, 'new')).toThrow(RangeError)
  },
)

import { expect, test } from 'vitest'
import { withoutSecrets } from './secret-values.ts'

test('withoutSecrets() replaces the values of secret variables by their names', () => {
  const env = {
    API_KEY: 'sk-12345678',
    HOME: '/home/ada',
    DB_PASSWORD: '$&$1abc',
    SHORT_TOKEN: 'abc',
    LONG_KEY: 'sk-12345678-long',
  }
  expect(withoutSecrets('sk-12345678-long: 401 for sk-12345678 in /home/ada: sk-12345678, $&$1abc, abc', env)).toBe(
    '<LONG_KEY>: 401 for <API_KEY> in /home/ada: <API_KEY>, <DB_PASSWORD>, abc',
  )
})

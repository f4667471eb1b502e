import { CodecellError } from '../../errors.ts'

/** The error for an entry whose SDK is not installed. What broke inside an installed one is thrown as it is. */
export function missingPackage(name: string, entry: string, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null
  if (code !== 'ERR_MODULE_NOT_FOUND' || !String(cause).includes(`'${name}'`)) return cause
  return new CodecellError(
    'PACKAGE_MISSING',
    `Cannot load "${entry}": it needs the package "${name}", run npm install ${name}`,
    {
      cause,
    },
  )
}

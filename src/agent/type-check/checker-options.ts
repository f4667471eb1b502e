import { cellLibraries, localeLibraries } from '../../declarations/cell-libraries.ts'

/** The compiler options for programs that have the same values in every API of TypeScript. */
export const checkerOptions = {
  allowJs: true,
  checkJs: true,
  strict: false,
  noEmit: true,
  // A cell cannot import anything.
  noResolve: true,
  types: [],
  skipLibCheck: true,
} as const

/** The libraries of type notes. Errors about `Intl` on QuickJS concern no tool, so its libraries are always there. */
export const checkerLibraries: readonly string[] = [...cellLibraries, ...localeLibraries]

import type { StartedModule } from './package-file.ts'

/** The sources of small threads, as CommonJS modules. The build replaces this module (`scripts/build-copies.ts`). */
export const threadCopies: { readonly [Name in StartedModule]?: string } = {}

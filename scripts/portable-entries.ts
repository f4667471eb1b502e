/** The entries of the package that need nothing of Node. Each becomes one file. */
export const portableEntries: readonly string[] = ['portable', 'portable-worker']

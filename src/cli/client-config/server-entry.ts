import { fileURLToPath } from 'node:url'

/** How a client starts an MCP server. */
export type ServerEntry = { readonly command: string; readonly args: readonly string[] }

/**
 * What starts `codecell serve`: `npx` where codecell was installed as a package, so that the entry works for everybody who shares
 * the file; this very program where it runs from its sources.
 */
export function serverEntry(serveArgs: readonly string[]): ServerEntry {
  const bin = fileURLToPath(new URL('../../../bin/codecell.js', import.meta.url))
  if (/[\\/]node_modules[\\/]/.test(bin)) return { command: 'npx', args: ['-y', 'codecell', 'serve', ...serveArgs] }
  return { command: process.execPath, args: [bin, 'serve', ...serveArgs] }
}

/** Whether an entry runs `codecell serve` itself: serving it again would never end. */
export function runsServe({ command, args }: ServerEntry): boolean {
  const words = [command, ...args].flatMap((word) => word.split(/\s+/))
  return words.includes('serve') && words.some((word) => /(?:^|[\\/])codecell(?:\.js|\.cmd|@[^\\/]*)?$/.test(word))
}

import { fileURLToPath } from 'node:url'
import { packageVersion } from '../../installation/package-version.ts'
import { packageFile } from '../../package/package-file.ts'

/** The command that starts an MCP server. */
export type ServerEntry = { readonly command: string; readonly args: readonly string[] }

const program = fileURLToPath(packageFile('bin/codecell.js'))

/** Whether codecell runs from its sources, not from an installed package. */
export const isFromSource: boolean = !/[\\/]node_modules[\\/]/.test(program)

/**
 * Returns the command that starts `codecell serve`. A shared entry works on every machine: it starts this version through `npx`. An
 * entry of one user starts this program where it runs from its sources.
 */
export function serverEntry(serveArgs: readonly string[], { isShared }: { readonly isShared: boolean }): ServerEntry {
  if (isFromSource && !isShared) return { command: process.execPath, args: [program, 'serve', ...serveArgs] }
  return { command: 'npx', args: ['-y', `codecell@${packageVersion}`, 'serve', ...serveArgs] }
}

/** Whether an entry runs `codecell serve`. Serving such an entry would never end. */
export function runsServe({ command, args }: ServerEntry): boolean {
  const words = [command, ...args].flatMap((word) => word.split(/\s+/))
  return words.includes('serve') && words.some((word) => /(?:^|[\\/])codecell(?:\.js|\.cmd|@[^\\/]*)?$/.test(word))
}

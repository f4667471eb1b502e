import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'

/** Folders that hold the configuration of the folder around them. */
const settingsFolders: ReadonlySet<string> = new Set(
  '.agents .vscode .cursor .claude .gemini .qwen .codex .zed .opencode .windsurf .cline .roo .kilocode .kiro .github .codecell'.split(
    ' ',
  ),
)

/** Returns the workspace folder of a configuration file: its folder, or the parent of a folder of settings. */
export function workspaceFolderOf(file: string): string {
  const folder = dirname(resolve(file))
  return settingsFolders.has(basename(folder)) ? dirname(folder) : folder
}

/** Returns an absolute path: `~` is the home folder, and other paths are relative to the base. */
export function resolvedPath(
  path: string,
  base: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  if (path === '~' || /^~[\\/]/.test(path)) return join(env['HOME'] ?? homedir(), path.slice(1))
  return isAbsolute(path) ? path : resolve(base, path)
}

/** Returns whether a command is the path of a program. Other commands are found in `PATH`. */
export function isPath(command: string): boolean {
  return command.includes('/') || (process.platform === 'win32' && command.includes('\\'))
}

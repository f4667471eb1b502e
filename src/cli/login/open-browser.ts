import { spawn } from 'node:child_process'

type Env = Readonly<Record<string, string | undefined>>

/** Returns the command that opens a URL in the browser of the user; null if this machine has none. */
export function browserCommand(
  url: string,
  env: Env,
  platform: NodeJS.Platform = process.platform,
): readonly string[] | null {
  // Other schemes can start other programs.
  if (!/^https?:\/\//.test(url)) return null
  const own = (env['BROWSER'] ?? '').trim()
  if (own !== '') {
    const words = own.split(/\s+/)
    return words.some((word) => word.includes('%s')) ? words.map((word) => word.replaceAll('%s', url)) : [...words, url]
  }
  if (platform === 'darwin') return ['open', url]
  const isWindows = platform === 'win32' || (env['WSL_DISTRO_NAME'] ?? '') !== ''
  if (isWindows) return ['rundll32.exe', 'url.dll,FileProtocolHandler', url]
  const hasScreen = (env['DISPLAY'] ?? '') !== '' || (env['WAYLAND_DISPLAY'] ?? '') !== ''
  return hasScreen ? ['xdg-open', url] : null
}

/** Starts a browser without a shell. Resolves with whether its command exists. */
export async function openBrowser([file = '', ...args]: readonly string[], env: Env): Promise<boolean> {
  const child = spawn(file, args, { env: { ...env }, stdio: 'ignore', detached: true, windowsHide: true })
  return await new Promise((resolve) => {
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}

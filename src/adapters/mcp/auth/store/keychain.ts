import { spawnSync } from 'node:child_process'

const service = 'codecell'
const account = 'credentials'

/** Timeout for the commands of the keychain in milliseconds: they can prompt the user. */
const maxMs = 60_000

/**
 * Returns the secret of codecell in the keychain of the system, through its own commands: `security` of macOS, `secret-tool` of
 * libsecret. `create` makes a new one.
 */
export function keychainSecret(create: (() => string) | null): string {
  const chain = process.platform === 'darwin' ? macKeychain : secretService
  const found = run(chain.find)
  if (found.isOk && found.output !== '') return found.output
  if (create === null) throw new Error(`the keychain has no secret of codecell${found.reason}`)
  const created = create()
  const stored = run(chain.store(created))
  // The command of macOS can succeed without an effect.
  if (!stored.isOk || run(chain.find).output !== created) {
    throw new Error(`the keychain does not store a secret${stored.reason}`)
  }
  return created
}

type Command = { readonly file: string; readonly args: readonly string[]; readonly input?: string }

/** Secrets go through standard input: every process can read arguments. */
const macKeychain = {
  find: { file: 'security', args: ['find-generic-password', '-s', service, '-a', account, '-w'] },
  store: (secret: string): Command => ({
    file: 'security',
    args: ['-i'],
    input: `add-generic-password -U -s ${service} -a ${account} -w "${secret}"\n`,
  }),
}

const secretService = {
  find: { file: 'secret-tool', args: ['lookup', 'service', service, 'account', account] },
  store: (secret: string): Command => ({
    file: 'secret-tool',
    args: ['store', '--label=codecell', 'service', service, 'account', account],
    input: secret,
  }),
}

type CommandResult = { readonly isOk: boolean; readonly output: string; readonly reason: string }

function run({ file, args, input = '' }: Command): CommandResult {
  const result = spawnSync(file, [...args], { input, encoding: 'utf8', timeout: maxMs, windowsHide: true })
  // A command that does not exist has no output.
  if (result.error !== undefined) return { isOk: false, output: '', reason: `: ${result.error.message}` }
  const text = result.stderr.trim().slice(0, 200)
  return { isOk: result.status === 0, output: result.stdout.trim(), reason: text === '' ? '' : `: ${text}` }
}

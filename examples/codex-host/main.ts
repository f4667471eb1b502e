// Runs the cells of OpenAI Codex in hosts of codecell. Without Codex on this machine, it checks the host alone. Run: npm start
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { checkHost } from './check-host.ts'
import { startScriptedModel } from './scripted-model.ts'

console.log(`the host of codecell: ${await checkHost()}`)

// The `codex` on PATH, or the executable in the variable CODEX.
const codex = process.env['CODEX'] ?? 'codex'
const { error, stdout: version } = spawnSync(codex, ['--version'], { encoding: 'utf8' })
if (error === undefined) await runCodex(version.trim())
else {
  console.log(
    'Codex: not found. To see it with codecell, run "npm install -g @openai/codex" and then "npm start" again;',
  )
  console.log('or name its executable in the variable CODEX. See https://github.com/openai/codex')
}

async function runCodex(found: string): Promise<void> {
  console.log(`Codex: ${found}`)

  // The folder gets a link to the executable of Codex, next to a code-mode host that starts codecell.
  const folder = resolve('codex-with-codecell')
  const flags = process.env['CODEX'] === undefined ? [] : ['--codex', process.env['CODEX']]
  const install = ['--no-install', 'codecell', 'codex-host', 'install', folder, ...flags]
  const { status } = spawnSync('npx', install, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error('Cannot install the host next to Codex: see above')

  // With OPENAI_API_KEY Codex uses its own configuration, otherwise a home folder with a scripted model.
  await using scripted = process.env['OPENAI_API_KEY'] === undefined ? await startScriptedModel() : null
  const env = { ...process.env }
  if (scripted !== null) env['CODEX_HOME'] = makeHome(scripted.baseURL)

  const prompt = 'Use one program to print the square of 12, and the output of the command "echo hello".'
  const child = spawn(`${folder}/codex`, ['exec', '--skip-git-repo-check', prompt], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  if (code !== 0) throw new Error(`Codex failed:\n${stderr}`)
  if (scripted !== null) console.log(`what the model read: ${scripted.lastInput()}`)
  console.log(`model: ${stdout.trim()}`)
}

/** Makes a home folder of Codex whose only model is the scripted one. */
function makeHome(baseURL: string): string {
  const home = resolve('codex-home')
  mkdirSync(home, { recursive: true })
  const configuration = `model = "gpt-5.6-sol"
model_provider = "scripted"
approval_policy = "never"
sandbox_mode = "danger-full-access"
[model_providers.scripted]
name = "scripted"
base_url = "${baseURL}"
wire_api = "responses"
requires_openai_auth = false
supports_websockets = false
[features]
enable_request_compression = false
`
  writeFileSync(`${home}/config.toml`, configuration)
  return home
}

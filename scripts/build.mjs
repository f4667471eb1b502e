import { spawnSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'

// Compiles the package; the prelude is JavaScript already and goes along as it is.
rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit', shell: true })
if (status !== 0) process.exit(status ?? 1)
copyFileSync('src/host/prelude.js', 'dist/host/prelude.js')

// The smallest program that uses codecell: a session, one cell, its output.
import { createHostPool, createSession } from '../../node_modules/.cache/codecell-bench/dist/index.js'

const profile = process.argv[2] === 'strict' ? 'strict' : 'default'
const session = await createSession({ hosts: createHostPool({ profile }) })
const outcome = await session.execute('text("hi")')
process.stdout.write(JSON.stringify(outcome.items))

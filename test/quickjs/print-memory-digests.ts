import { memoryDigests } from './memory-digests.ts'

// Prints the digests of this runtime: Node, Bun or Deno.
console.log(JSON.stringify(memoryDigests()))

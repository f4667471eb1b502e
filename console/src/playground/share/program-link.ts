/** A program that a link contains. */
export type LinkedProgram = { readonly source: string; readonly groups: readonly string[] | null }

/** The result of reading a link: a program, a reason why it cannot be opened, or null for an address without a program. */
export type ReadLink = LinkedProgram | { readonly problem: string } | null

/** Maximum size of a program in a link, in bytes of UTF-8. */
const maxSourceBytes = 262_144
/** Maximum length of the fragment of a link, in characters. */
export const maxFragmentLength = 65_536

const maxGroups = 50

/** Returns the fragment of a link with a program. The program is compressed, and no server receives it. */
export async function programFragment({ source, groups }: LinkedProgram): Promise<string> {
  const bytes = await throughStream(new TextEncoder().encode(source), new CompressionStream('deflate-raw'), Infinity)
  const parameters = new URLSearchParams({ program: base64Url(bytes) })
  if (groups !== null) parameters.set('tools', groups.join(','))
  return parameters.toString()
}

/** Reads the fragment of an address, which is untrusted. Never throws. */
export async function readFragment(fragment: string): Promise<ReadLink> {
  const text = fragment.replace(/^#/, '')
  if (!/(?:^|&)program=/.test(text)) return null
  if (text.length > maxFragmentLength) {
    return { problem: `expected at most ${maxFragmentLength} characters, got ${text.length}` }
  }
  const parameters = new URLSearchParams(text)
  try {
    const bytes = bytesOf(parameters.get('program') ?? '')
    const whole = await throughStream(bytes, new DecompressionStream('deflate-raw'), maxSourceBytes)
    const source = new TextDecoder('utf-8', { fatal: true }).decode(whole)
    const groups = parameters.get('tools')?.split(',').slice(0, maxGroups) ?? null
    return { source, groups }
  } catch (error) {
    return { problem: error instanceof RangeError ? error.message : 'expected a program, got damaged data' }
  }
}

async function throughStream(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader()
  const parts: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length
    if (length > maxBytes) {
      void reader.cancel()
      throw new RangeError(`expected a program of at most ${maxBytes} bytes, got more`)
    }
    parts.push(part.value)
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer())
}

function base64Url(bytes: Uint8Array): string {
  const characters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  return btoa(characters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const characters = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(characters, (character) => character.charCodeAt(0))
}

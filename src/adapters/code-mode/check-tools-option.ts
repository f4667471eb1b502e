import { CodecellError } from '../../errors.ts'

/**
 * Checks that the option `tools` does not have the tools of an SDK, which look similar.
 *
 * @throws {CodecellError} INVALID_OPTION when it is not a list of codecell tools.
 */
export function checkToolsOption(tools: unknown, sdk: string): void {
  if (Array.isArray(tools) && tools.every((tool: unknown) => isCodecellTool(tool))) return
  const expected = `expected a list of codecell tools; tools of ${sdk} belong in "sdkTools"`
  throw new CodecellError('INVALID_OPTION', `Cannot use option "tools" of codeMode: ${expected}`)
}

function isCodecellTool(tool: unknown): boolean {
  return typeof tool === 'object' && tool !== null && 'call' in tool && typeof tool.call === 'function'
}

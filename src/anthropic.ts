import './installation/check-node.ts'
export {
  codeMode,
  type CodeMode,
  type CodeModeOptions,
  type AnthropicTool,
  type CacheControl,
} from './adapters/anthropic/anthropic-messages.ts'

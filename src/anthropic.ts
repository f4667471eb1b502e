import './installation/check-node.ts'
export {
  codeMode,
  type AnthropicCodeMode,
  type AnthropicOptions,
  type AnthropicTool,
  type CacheControl,
} from './adapters/anthropic/anthropic-messages.ts'

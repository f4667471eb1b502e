import './installation/check-node.ts'
export { codeMode, type CodeMode, type CodeModeOptions, type CodeModeTool } from './adapters/openai-agents/code-mode.ts'

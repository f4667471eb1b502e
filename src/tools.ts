export { fromFunctions, type FunctionDefinition, type ToolFunction } from './adapters/foreign-tools/from-functions.ts'
export { fromLangChain, type LangChainTool } from './adapters/foreign-tools/from-lang-chain.ts'
export { fromMastra, type MastraTool } from './adapters/foreign-tools/from-mastra.ts'
export { fromTanStack, type TanStackTool } from './adapters/foreign-tools/from-tan-stack.ts'

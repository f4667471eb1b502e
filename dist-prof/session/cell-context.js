export {};
//# sourceMappingURL=cell-context.js.map
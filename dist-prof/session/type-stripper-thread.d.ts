export {};
//# sourceMappingURL=type-stripper-thread.d.ts.map
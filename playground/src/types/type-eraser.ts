import ts from '@typescript/typescript6'

/** TypeScript syntax that erasing cannot remove, such as an enum. */
export class UnsupportedSyntax extends Error {}

/** Modifiers of members of a class that JavaScript does not have. */
const typeModifiers: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.PublicKeyword,
  ts.SyntaxKind.PrivateKeyword,
  ts.SyntaxKind.ProtectedKeyword,
  ts.SyntaxKind.ReadonlyKeyword,
  ts.SyntaxKind.AbstractKeyword,
  ts.SyntaxKind.OverrideKeyword,
])

/** Replaces the types of a source with spaces. Line ends stay, so all locations do. */
export class TypeEraser {
  readonly #file: ts.SourceFile
  readonly #source: string
  readonly #units: string[]

  constructor(file: ts.SourceFile) {
    this.#file = file
    this.#source = file.text
    this.#units = file.text.split('')
  }

  /** @throws {UnsupportedSyntax} for syntax with an effect when the program runs */
  erase(): string {
    this.#visitChildren(this.#file)
    return this.#units.join('')
  }

  #visit(node: ts.Node): void {
    if (this.#isTypeOnly(node)) return this.#eraseStatement(node)
    this.#refuse(node)
    this.#eraseParts(node)
    if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) {
      this.#visit(node.expression)
      return this.#eraseAssertion(node)
    }
    if (ts.isNonNullExpression(node)) this.#blank(node.end - 1, node.end)
    this.#visitChildren(node)
  }

  #visitChildren(node: ts.Node): void {
    ts.forEachChild(node, (child) => {
      if (!ts.isTypeNode(child) || ts.isExpressionWithTypeArguments(child)) this.#visit(child)
    })
  }

  #isTypeOnly(node: ts.Node): boolean {
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isIndexSignatureDeclaration(node)) {
      return true
    }
    if (ts.isFunctionDeclaration(node)) return node.body === undefined
    if (ts.isMethodDeclaration(node) || ts.isConstructorDeclaration(node)) return node.body === undefined
    if (ts.isImportDeclaration(node)) return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
    if (ts.isExportDeclaration(node)) return node.isTypeOnly
    if (ts.isModuleDeclaration(node) && node.body !== undefined && ts.isModuleBlock(node.body)) {
      return (
        hasModifier(node, ts.SyntaxKind.DeclareKeyword) ||
        node.body.statements.every((child) => this.#isTypeOnly(child))
      )
    }
    const isAbstractMember = !ts.isClassLike(node) && hasModifier(node, ts.SyntaxKind.AbstractKeyword)
    return isAbstractMember || hasModifier(node, ts.SyntaxKind.DeclareKeyword)
  }

  #refuse(node: ts.Node): void {
    if (ts.isEnumDeclaration(node)) throw new UnsupportedSyntax('TypeScript enum is not supported in strip-only mode')
    if (ts.isModuleDeclaration(node)) {
      throw new UnsupportedSyntax('TypeScript namespace declaration is not supported in strip-only mode')
    }
    if (ts.isParameter(node) && ts.isParameterPropertyDeclaration(node, node.parent)) {
      throw new UnsupportedSyntax('TypeScript parameter property is not supported in strip-only mode')
    }
    if (ts.isImportEqualsDeclaration(node) || (ts.isExportAssignment(node) && node.isExportEquals === true)) {
      throw new UnsupportedSyntax('TypeScript import equals and export equals are not supported in strip-only mode')
    }
    if (ts.isTypeAssertionExpression(node)) {
      throw new UnsupportedSyntax('The angle-bracket syntax for type assertions is not supported in type strip mode')
    }
  }

  /** Erases the parts of a node that are types, and leaves the rest to its children. */
  #eraseParts(node: ts.Node): void {
    this.#eraseModifiers(node)
    this.#eraseAngles(node)
    if (ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ImplementsKeyword) {
      this.#blank(node.getStart(this.#file), node.end)
    }
    if (ts.isParameter(node) || ts.isPropertyDeclaration(node) || ts.isMethodDeclaration(node)) {
      this.#eraseNode(node.questionToken)
    }
    if (ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node)) this.#eraseNode(node.exclamationToken)
    if (ts.isParameter(node) && node.name.getText(this.#file) === 'this') return this.#eraseThis(node)
    if (ts.isParameter(node) || ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node)) {
      this.#eraseAnnotation(node.type)
    }
    if (ts.isFunctionLike(node)) this.#eraseResult(node)
  }

  #eraseAnnotation(type: ts.TypeNode | undefined): void {
    // The node starts after its colon.
    if (type !== undefined) this.#blank(type.pos - 1, type.end)
  }

  #eraseResult(node: ts.SignatureDeclaration): void {
    if (node.type === undefined) return
    this.#eraseAnnotation(node.type)
    const isMoved =
      ts.isArrowFunction(node) && /[\n\r\u2028\u2029]/.test(this.#source.slice(node.type.pos, node.type.end))
    if (!isMoved) return
    // No line can end between the parameters and the arrow.
    const close = node.getChildren(this.#file).find((child) => child.kind === ts.SyntaxKind.CloseParenToken)
    if (close === undefined) return
    this.#blank(close.end - 1, close.end)
    this.#units[node.type.end - 1] = ')'
  }

  /** Erases type parameters and type arguments with their angle brackets. */
  #eraseAngles(node: ts.Node): void {
    const children = node.getChildren(this.#file)
    const open = children.findIndex((child) => child.kind === ts.SyntaxKind.LessThanToken)
    const isList = open !== -1 && children[open + 1]?.kind === ts.SyntaxKind.SyntaxList
    const [from, to] = [children[open], children[open + 2]]
    if (!isList || from === undefined || to?.kind !== ts.SyntaxKind.GreaterThanToken) return
    this.#blank(from.end - 1, to.end)
  }

  #eraseModifiers(node: ts.Node): void {
    const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : []
    for (const [index, modifier] of modifiers.entries()) {
      if (!typeModifiers.has(modifier.kind)) continue
      this.#eraseNode(modifier)
      // A member without its modifier can continue the line before it.
      if (index === 0 && ts.isClassElement(node)) this.#units[modifier.end - 1] = ';'
    }
  }

  /** Erases the parameter `this` and the comma after it. */
  #eraseThis(node: ts.ParameterDeclaration): void {
    const next = node.parent.parameters[1]
    this.#blank(node.getStart(this.#file), next === undefined ? node.end : next.getStart(this.#file))
  }

  #eraseAssertion(node: ts.AsExpression | ts.SatisfiesExpression): void {
    this.#blank(node.expression.end, node.end)
    // The next line can continue an expression, but not a type.
    if (endsStatement(node, this.#source)) this.#units[node.end - 1] = ';'
  }

  /** Erases a statement or a member. A semicolon remains, because the next line can continue the one before. */
  #eraseStatement(node: ts.Node): void {
    const start = node.getStart(this.#file)
    this.#blank(start, node.end)
    this.#units[start] = ';'
  }

  #eraseNode(node: ts.Node | undefined): void {
    if (node !== undefined) this.#blank(node.getStart(this.#file), node.end)
  }

  #blank(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      if (!/[\n\r\u2028\u2029]/.test(this.#source.charAt(at))) this.#units[at] = ' '
    }
  }
}

function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === kind)
}

/** Returns whether an expression is the last part of a statement that ends without a semicolon. */
function endsStatement(node: ts.Node, source: string): boolean {
  let at = node
  while (!ts.isStatement(at) && !ts.isPropertyDeclaration(at) && at.parent.end === node.end) at = at.parent
  const isEnd = (ts.isStatement(at) || ts.isPropertyDeclaration(at)) && at.end === node.end
  return isEnd && !ts.isBlock(at) && source.charAt(at.end - 1) !== ';'
}

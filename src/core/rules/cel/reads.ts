import { type ASTNode, asField, operands } from './ast.ts'

/** The facts that an expression names; null where it may read any, by a computed name or with `account` as a whole. */
export function factsRead(root: ASTNode): readonly string[] | null {
  const facts = new Set<string>()
  return visit(root) ? [...facts] : null

  function visit(node: ASTNode): boolean {
    const field = asField(node)
    if (field?.variable === 'account') {
      facts.add(field.field)
      return true
    }
    // A comprehension can't bind the name anew, so that it is the account wherever it stands.
    if (node.op === 'id') return node.args !== 'account'
    return operands(node).every(visit)
  }
}

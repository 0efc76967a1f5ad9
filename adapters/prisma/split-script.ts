/**
 * Strings, quoted names and comments, in which a semicolon is a character like any other; and semicolons.
 * Source: MySQL manual, "String Literals", "Schema Object Names", "Comments".
 */
const piece =
  /'(?:[^'\\]+|\\.|'')*'|"(?:[^"\\]+|\\.|"")*"|`[^`]*`|--(?=\s|$)[^\n]*|#[^\n]*|\/\*.*?\*\/|;|[^'"`#;/-]+|\/(?!\*)|-/gs;

const comment = /^(?:--(?=\s|$)|#|\/\*(?![!M]))/;

/**
 * The statements of a script, without their semicolons. As `prisma migrate` and `mysqldump` write scripts: no DELIMITER, no procedures with
 * a body of several statements, and backslashes in strings escape.
 *
 * @throws SyntaxError when a string, a name or a comment does not end
 */
export function splitScript(script: string): readonly string[] {
  const statements: string[] = [];
  let [start, end, isEmpty] = [0, 0, true];
  const finish = () => {
    if (!isEmpty) statements.push(script.slice(start, end).trim());
    isEmpty = true;
  };
  for (const { index, 0: text } of script.matchAll(piece)) {
    if (index !== end) break;
    if (text === ';') {
      finish();
      start = index + 1;
    } else if (!comment.test(text) && text.trim() !== '') {
      isEmpty = false;
    }
    end = index + text.length;
  }
  if (end !== script.length)
    throw new SyntaxError(`Expected a script of complete statements; it is cut off at character ${end}`);
  finish();
  return statements;
}

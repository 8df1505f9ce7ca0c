const svgNames = 'http://www.w3.org/2000/svg';

/** An element with these attributes and children. Texts become text nodes: nothing is ever read as HTML. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(svgNames, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(name, value);
  made.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

/** A table with a head; numbers are the columns to be set right. */
export function table(heads, rows, numbers = []) {
  const of = (name) => (value, column) =>
    element(name, { class: numbers.includes(column) ? 'number' : undefined }, value);
  const head = element('thead', {}, element('tr', {}, heads.map(of('th'))));
  const body = rows.map((row) => element('tr', {}, row.map(of('td'))));
  return element('div', { class: 'scroll' }, element('table', {}, head, element('tbody', {}, body)));
}

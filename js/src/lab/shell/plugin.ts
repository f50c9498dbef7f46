/** How our plugins are made. */

import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ITranslator, nullTranslator, type TranslationBundle } from "@jupyterlab/translation";
import { Token } from "@lumino/coreutils";

type Tokens = readonly Token<unknown>[];
type Needed<T extends Tokens> = { [K in keyof T]: T[K] extends Token<infer S> ? S : never };
type Used<T extends Tokens> = { [K in keyof T]: T[K] extends Token<infer S> ? S | null : never };

/** What a plugin stands in. */
export interface Place {
  readonly app: JupyterFrontEnd;
  readonly shell: ILabShell;
  readonly trans: TranslationBundle;
}

interface Plan<N extends Tokens, U extends Tokens, P> {
  name: string;
  description: string;
  /** What the plugin can't do without. */
  needs: readonly [...N];
  /** What it uses where it is there. */
  uses?: readonly [...U];
  provides?: Token<P>;
  activate(place: Place, needed: Needed<N>, used: Used<U>): P | Promise<P>;
}

/** Nobody provides this: it stands for tokens of modules that the host does not have. */
const nothing = new Token<unknown>("batchgen-widgets:nothing");

/**
 * A plugin for JupyterLab. Where something that it needs is not there, as in Notebook 7, which has no such shell, it does nothing and
 * provides null; asked for as required, a missing token would be an error in the console of every page.
 */
export function labPlugin<N extends Tokens, U extends Tokens = [], P = void>(
  plan: Plan<N, U, P>,
): JupyterFrontEndPlugin<P | null> {
  const { name, description, needs, uses = [], provides, activate } = plan;
  return {
    id: `batchgen-widgets:${name}`,
    description,
    autoStart: true,
    optional: [ILabShell, ITranslator, ...needs, ...uses].map((token) => token ?? nothing),
    ...(provides && { provides: provides as Token<P | null> }),
    activate: (app, shell: ILabShell | null, translator: ITranslator | null, ...services: unknown[]) => {
      const needed = services.slice(0, needs.length);
      if (!shell || needed.includes(null)) return null;
      const trans = (translator ?? nullTranslator).load("batchgen_widgets");
      return activate({ app, shell, trans }, needed as Needed<N>, services.slice(needs.length) as Used<U>);
    },
  };
}

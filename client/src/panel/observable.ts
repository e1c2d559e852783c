/**
 * What the sections of the panel know of the features behind them.
 */

/** Something with a state that changes. */
export interface Observable<State> {
  readonly state: State;
  /** Calls `listener` after each change; returns the function that ends that. */
  subscribe(listener: () => void): () => void;
}

/** Renders now and after each change. @returns the function that ends that. */
export function renderOn<State>(
  source: Observable<State>,
  render: (state: State) => void,
): () => void {
  render(source.state);
  return source.subscribe(() => {
    render(source.state);
  });
}

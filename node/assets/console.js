// What htmx may do here: nothing that evaluates text, and no markup that brings a script.
(() => {
  "use strict";
  htmx.config.allowEval = false;
  htmx.config.allowScriptTags = false;
  htmx.config.includeIndicatorStyles = false;
  htmx.config.historyCacheSize = 0;
  htmx.config.selfRequestsOnly = true;
  if (window.trustedTypes) {
    // Pages come from our own server, escaped there. Whatever carries a script all the same is refused here too.
    const refused = /<\s*script|javascript:|\son[a-z]+\s*=/i;
    trustedTypes.createPolicy("default", {
      createHTML: (html) => {
        if (refused.test(html)) throw new TypeError("markup with a script");
        return html;
      },
    });
  }
})();

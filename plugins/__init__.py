"""The plugins that come with glmbot, written as anyone may write them."""

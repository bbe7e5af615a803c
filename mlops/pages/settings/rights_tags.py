"""``{{ token.scopes|allowed }}``: what a token may do, in words."""

from django.template import Library

from mlops.pages.shared.rights import scopes_in_words

register = Library()
register.filter("allowed", scopes_in_words)

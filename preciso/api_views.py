"""The bases of every view of the API: what REST framework's would answer by itself,
and nobody declared, is refused, and not offered in `Allow` either."""

from rest_framework import generics, views

# OPTIONS would describe a view from its serializers; the OpenAPI document does that.
METHODS = [name for name in views.APIView.http_method_names if name != "options"]


class APIView(views.APIView):
    http_method_names = METHODS


class ListAPIView(APIView, generics.ListAPIView):
    """A list whose query set and serializer the view names."""

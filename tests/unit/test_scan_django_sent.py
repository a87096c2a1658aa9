"""Writes of what forms and serializers have validated, in views and helpers that name no column."""

from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, sites_of

HEAD = """
=== shop/api.py
from django import forms
from django.views.generic import FormView
from rest_framework import generics, mixins, serializers, viewsets
from rest_framework.response import Response
from shop.models import Customer, Invoice, Order
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
class Sent(serializers.Serializer):
    status = serializers.CharField()
    note = serializers.CharField()
class Noted(serializers.Serializer):
    status = serializers.CharField(read_only=True)
    note = serializers.CharField()
class View(generics.GenericAPIView):
    serializer_class = Sent
    def post(self, request):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        Order.objects.create(**serializer.validated_data)  # WRITE
    def put(self, request):
        it = Sent(data=request.data)
        data = it.validated_data
        Order(**data).save()  # WRITE
        Order.objects.filter(pk=1).update(**data)  # WRITE
        Order.objects.update_or_create(pk=1, defaults=it.validated_data)  # WRITE
        Invoice.objects.create(**it.validated_data)
        Order.objects.create(note=it.validated_data["note"])
    def patch(self, request):
        it = Noted(data=request.data)
        Order.objects.create(**it.validated_data)
    def perform_create(self, serializer):
        Order.objects.create(**serializer.validated_data)  # WRITE
def view(request, order: Order, bill: Invoice):
    it = Sent(data=request.POST)
    for key, value in it.validated_data.items():
        setattr(order, key, value)  # WRITE
    for key, value in it.validated_data.items():
        setattr(bill, key, value)
def without(request):
    it = Sent(data=request.data)
    data = it.validated_data
    data.pop("status")
    Order.objects.create(**data)
def with_less(request):
    it = Sent(data=request.data)
    it.validated_data.pop("status")
    Order.objects.create(**it.validated_data)
""",
            id="serializers",
        ),
        pytest.param(
            """
class Sent(serializers.Serializer):
    status = serializers.CharField()
    def save(self, **kwargs):
        Order.objects.create(**{**self.validated_data, **kwargs})  # WRITE
class View(generics.GenericAPIView):
    def get_serializer_class(self):
        return Sent
    def post(self, request):
        serializer = self.get_serializer(data=request.data)
        Order.objects.create(**serializer.validated_data)  # WRITE
""",
            id="serializers that a method names, or that save themselves",
        ),
        pytest.param(
            """
class Sent(forms.Form):
    status = forms.CharField()
    note = forms.CharField()
    def save(self):
        return Order.objects.create(**self.cleaned_data)  # WRITE
class Noted(forms.Form):
    note = forms.CharField()
class View(FormView):
    form_class = Sent
    def form_valid(self, form):
        Order.objects.create(**form.cleaned_data)  # WRITE
class Other(FormView):
    form_class = Noted
    def form_valid(self, form):
        Order.objects.create(**form.cleaned_data)
class OfRow(forms.ModelForm):
    class Meta:
        model = Order
        fields = ["status"]  # WRITE
def view(request, order: Order):
    form = Sent(request.POST)
    data = form.cleaned_data
    Order(**data).save()  # WRITE
    for key, value in form.cleaned_data.items():
        setattr(order, key, value)  # WRITE
    form = Noted(request.POST)
    Order.objects.create(**form.cleaned_data)
    form = OfRow(request.POST)
    Order.objects.create(**form.cleaned_data)  # WRITE
""",
            id="forms",
        ),
        pytest.param(
            """
=== shop/views.py
from shop.forms import Sent
from shop.services import change, place, put
def view(request):
    form = Sent(request.POST)
    if form.is_valid():
        place(form.cleaned_data)
        put(**form.cleaned_data)
        change(1, form.cleaned_data)
=== shop/forms.py
from django import forms
class Sent(forms.Form):
    status = forms.CharField()
=== shop/services.py
from shop.models import Order
def place(data):
    return Order.objects.create(**data)  # WRITE
def put(**values):
    Order.objects.create(**values)  # WRITE
def change(pk, data):
    order = Order.objects.get(pk=pk)
    for field, value in data.items():
        setattr(order, field, value)  # WRITE
    order.save()
""",
            id="helpers of another file",
        ),
        pytest.param(
            """
class Told(serializers.ModelSerializer):
    state = serializers.CharField(source="status")  # WRITE
    class Meta:
        model = Order
        fields = ["state", "note"]
class Shown(serializers.ModelSerializer):
    state = serializers.CharField(source="status", read_only=True)
    class Meta:
        model = Order
        fields = ["state", "note"]
class Other(serializers.ModelSerializer):
    status = serializers.CharField(source="note")
    class Meta:
        model = Order
        fields = ["status"]
class Plain(serializers.Serializer):
    state = serializers.CharField(source="status")
    def create(self, validated_data):
        return Order.objects.create(**validated_data)  # WRITE
class Elsewhere(serializers.Serializer):
    state = serializers.CharField(source="status")
class Swapped(serializers.Serializer):
    status = serializers.CharField(source="note")
def view(request):
    it = Elsewhere(data=request.data)
    Order.objects.create(**it.validated_data)  # WRITE
    it = Swapped(data=request.data)
    Order.objects.create(**it.validated_data)
""",
            id="fields of another name",
        ),
        pytest.param(
            """
class Sent(forms.Form):
    status = forms.CharField()
def view(request, order: Order):
    form = Sent(request.POST)
    data = form.cleaned_data.copy()
    data["note"] = "x"
    Order.objects.create(**data)  # WRITE
    values = {**form.cleaned_data, "note": "x"}
    Order.objects.create(**values)  # WRITE
    order.__dict__.update(form.cleaned_data)  # WRITE
    vars(order).update(form.cleaned_data)  # WRITE
    Order.objects.filter(**form.cleaned_data)
    print(form.cleaned_data)
    for k, v in form.cleaned_data.items():
        if k == "status":
            continue
        setattr(order, k, v)
class Saved(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status", "note"]  # WRITE
    def update(self, instance, validated_data):
        for k, v in validated_data.items():
            if k in ("note",):
                setattr(instance, k, v)
            if k != "note":
                setattr(instance, k, v)  # WRITE
""",
            id="copies, and loops that leave some out",
        ),
        pytest.param(
            """
class OrderPart(serializers.Serializer):
    status = serializers.CharField()
class NotePart(serializers.Serializer):
    note = serializers.CharField()
class Whole(serializers.ModelSerializer):
    orders = OrderPart(many=True)
    notes = NotePart(many=True)
    listed = serializers.ListSerializer(child=OrderPart())
    main = OrderPart()
    class Meta:
        model = Customer
        fields = ["orders", "main", "notes"]
    def create(self, validated_data):
        orders = validated_data.pop("orders")
        main = validated_data.pop("main", {})
        notes = validated_data.pop("notes")
        for it in orders:
            Order.objects.create(**it)  # WRITE
        Order.objects.create(**main)  # WRITE
        for it in notes:
            Order.objects.create(**it)
        Order.objects.bulk_create([Order(**it) for it in orders])  # WRITE
        Order.objects.bulk_create(Order(**it) for it in validated_data["listed"])  # WRITE
    def update(self, instance, validated_data):
        for it in validated_data["orders"]:
            Order.objects.update_or_create(pk=it["id"], defaults=it)  # WRITE
        for k, v in validated_data.get("main").items():
            setattr(instance.orders.first(), k, v)  # WRITE
def view(request):
    it = Whole(data=request.data)
    Order.objects.create(**it.validated_data["main"])  # WRITE
    Order.objects.create(**it.validated_data["notes"][0])
""",
            id="serializers within others",
        ),
    ],
)
def test_what_was_validated(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, DJANGO + HEAD + body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
class A(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["note"]
class B(A):
    class Meta(A.Meta):
        fields = A.Meta.fields + ["status"]  # WRITE
class C(A):
    class Meta(A.Meta):
        fields = A.Meta.fields + ["status"]
        read_only_fields = ["status"]
class D(C):
    class Meta(C.Meta):
        fields = C.Meta.fields
class E(B):
    class Meta(B.Meta):
        fields = B.Meta.fields
class E2(B):
    class Meta(B.Meta):
        fields = [*B.Meta.fields, "note"]
class F(serializers.ModelSerializer):
    status = serializers.CharField(read_only=True)
    class Meta:
        model = Order
        fields = ["status"]
class G(F):
    class Meta:
        model = Order
        fields = ["status", "note"]
FIELDS = ["status", "note"]
class H(forms.ModelForm):
    class Meta:
        model = Order
        fields = FIELDS  # WRITE
class I(forms.ModelForm):
    class Meta:
        model = Order
        fields = ("note",) + FIELDS  # WRITE
class J(forms.ModelForm):
    class Meta:
        model = Order
        fields = [*FIELDS, "note"]  # WRITE
class K(forms.ModelForm):
    class Meta:
        model = Order
        fields = [  # WRITE
            *FIELDS,
            "note",
        ]
""",
            id="lists that are added, named and inherited",
        ),
        pytest.param(
            """
class A(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["note", "status"]
        extra_kwargs = {"status": {"read_only": True}}
class B(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["note", "status"]  # WRITE
        extra_kwargs = {"note": {"read_only": True}, "status": {"required": True}}
""",
            id="what a serializer says of its fields besides",
        ),
        pytest.param(
            """
class A(forms.ModelForm):
    class Meta:
        model = Order
        fields = forms.ALL_FIELDS  # WRITE
class B(serializers.ModelSerializer):
    status = serializers.ReadOnlyField()
    class Meta:
        model = Order
        fields = ["status"]
class C(serializers.ModelSerializer):
    status = serializers.StringRelatedField()
    class Meta:
        model = Order
        fields = ["status"]
C1 = forms.modelform_factory(Order, fields=["status", "note"])  # WRITE
C2 = forms.inlineformset_factory(Customer, Order, fields=["status"])  # WRITE
C3 = forms.inlineformset_factory(Order, Invoice, fields=["status"])
C4 = forms.modelformset_factory(model=Order, fields=("status",), extra=0)  # WRITE
C5 = forms.modelform_factory(Order, fields=["note"], widgets=["status"])
""",
            id="all fields, fields that are computed, and factories of forms",
        ),
        pytest.param(
            """
class Read(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status"]
class Reading(viewsets.ReadOnlyModelViewSet):
    queryset = Order.objects.all()
    serializer_class = Read
class Listed(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = "__all__"
class Listing(generics.ListAPIView):
    queryset = Order.objects.all()
    serializer_class = Listed
class One(mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    queryset = Order.objects.all()
    serializer_class = Listed
class Shown(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status"]
def view(request):
    return Response(Shown(Order.objects.all(), many=True).data)
class Created(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status"]  # WRITE
class Creating(generics.ListCreateAPIView):
    queryset = Order.objects.all()
    serializer_class = Created
class Both(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status"]  # WRITE
class ReadingBoth(viewsets.ReadOnlyModelViewSet):
    queryset = Order.objects.all()
    serializer_class = Both
class WritingBoth(viewsets.ModelViewSet):
    queryset = Order.objects.all()
    serializer_class = Both
class Acted(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status"]  # WRITE
class Acting(viewsets.ReadOnlyModelViewSet):
    queryset = Order.objects.all()
    serializer_class = Acted
    def change(self, request, pk):
        it = self.get_serializer(self.get_object(), data=request.data)
        it.save()
class Sent(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status"]  # WRITE
def change(request):
    Sent(data=request.data).save()
class Part(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status"]  # WRITE
class PartShown(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status"]
class OfParts(serializers.ModelSerializer):
    orders = Part(many=True)
    old = PartShown(many=True, read_only=True)
    class Meta:
        model = Customer
        fields = ["orders", "old"]
class OfNobody(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status"]  # WRITE
""",
            id="serializers that views only read with",
        ),
    ],
)
def test_the_fields_that_are_saved(tmp_path: Path, body: str) -> None:
    found = sites_of(tmp_path, DJANGO + HEAD + body)
    assert len({(it.file, it.line) for it in found}) == len(found)

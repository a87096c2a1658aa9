"""Rows that frameworks hand out: forms, serializers, views, admins, signals, migrations."""

from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, sites_of

VIEW = """
=== shop/work.py
from shop.models import Customer, Invoice, Order
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
from django.shortcuts import get_object_or_404, get_list_or_404
def view(request, pk):
    it = get_object_or_404(Order, pk=pk)
    it.status = "x"  # WRITE
    it = get_object_or_404(Order.objects.filter(note="x"), pk=pk)
    it.status = "x"  # WRITE
    for one in get_list_or_404(Order):
        one.status = "x"  # WRITE
    bill = get_object_or_404(Invoice.objects.select_related("order"), pk=pk)
    bill.status = "x"
    bill.order.status = "x"  # WRITE
""",
            id="get or 404",
        ),
        pytest.param(
            """
from django.views.generic import DetailView, UpdateView, View, CreateView
from django.views.generic.detail import SingleObjectMixin
class A(DetailView):
    model = Order
    def post(self, request, pk):
        it = self.get_object()
        it.status = "x"  # WRITE
        self.object = self.get_object()
        self.object.status = "x"  # WRITE
class B(UpdateView):
    model = Order
    fields = ["note"]
    def form_valid(self, form):
        form.instance.status = "x"  # WRITE
        self.object.status = "x"  # WRITE
        it = form.save(commit=False)
        it.status = "x"  # WRITE
        return super().form_valid(form)
class C(SingleObjectMixin, View):
    queryset = Order.objects.all()
    def post(self, request):
        self.object = self.get_object()
        self.object.status = "y"  # WRITE
class D(DetailView):
    def get_queryset(self):
        return Order.objects.all()
    def post(self, request):
        self.get_object().status = "x"  # WRITE
        it = self.get_queryset().first()
        it.status = "x"  # WRITE
""",
            id="views",
        ),
        pytest.param(
            """
from django import forms
class OrderForm(forms.ModelForm):
    class Meta:
        model = Order
        fields = ["note"]
    def save(self, commit=True):
        it = super().save(commit=False)
        it.status = "x"  # WRITE
        self.instance.status = "x"  # WRITE
        return it
def view(request):
    form = OrderForm(request.POST)
    it = form.save(commit=False)
    it.status = "x"  # WRITE
    form.instance.status = "x"  # WRITE
    it = OrderForm(request.POST, instance=Order()).save()
    it.status = "x"  # WRITE
""",
            id="forms",
        ),
        pytest.param(
            """
from django import forms
from django.forms import modelformset_factory, inlineformset_factory, modelform_factory
OrderSet = modelformset_factory(Order, fields=["note"])
Lines = inlineformset_factory(Customer, Order, fields=["note"])
Quick = modelform_factory(Order, fields=["note"])
def view(request):
    for it in OrderSet(request.POST).save(commit=False):
        it.status = "x"  # WRITE
    for form in OrderSet(request.POST):
        it = form.save(commit=False)
        it.status = "x"  # WRITE
    formset = Lines(request.POST)
    for form in formset.forms:
        form.instance.status = "x"  # WRITE
    q = Quick(request.POST)
    it = q.save(commit=False)
    it.status = "x"  # WRITE
""",
            id="formsets",
        ),
        pytest.param(
            """
from rest_framework import serializers, viewsets
class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["note"]
    def update(self, instance, validated_data):
        instance.status = "x"  # WRITE
        it = super().update(instance, validated_data)
        it.status = "x"  # WRITE
        return it
    def create(self, validated_data):
        it = super().create(validated_data)
        it.status = "x"  # WRITE
        it = Order.objects.create(status="x", **validated_data)  # WRITE
        return it
class Orders(viewsets.ModelViewSet):
    serializer_class = OrderSerializer
    queryset = Order.objects.all()
    def perform_create(self, serializer):
        it = serializer.save(status="x")  # WRITE
        it.status = "x"  # WRITE
        serializer.instance.status = "x"  # WRITE
    def close(self, request, pk=None):
        it = self.get_object()
        it.status = "x"  # WRITE
        s = self.get_serializer(data=request.data)
        one = s.save()
        one.status = "x"  # WRITE
        s = OrderSerializer(data=request.data)
        two = s.save(status="y")  # WRITE
""",
            id="serializers",
        ),
        pytest.param(
            """
from rest_framework import serializers, generics
class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["note"]
class Make(generics.CreateAPIView):
    serializer_class = OrderSerializer
    def perform_create(self, serializer):
        it = serializer.save(status="x")  # WRITE
        it.status = "x"  # WRITE
""",
            id="serializer in view alone",
        ),
        pytest.param(
            """
from django.contrib import admin
@admin.action(description="x")
def outside(modeladmin, request, queryset):
    queryset.update(status="x")  # WRITE
@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    actions = ["close", outside]
    def close(self, request, queryset):
        queryset.update(status="x")  # WRITE
        for it in queryset:
            it.status = "x"  # WRITE
    def save_model(self, request, obj, form, change):
        obj.status = "x"  # WRITE
        super().save_model(request, obj, form, change)
    def save_formset(self, request, form, formset, change):
        pass
class BillAdmin(admin.ModelAdmin):
    def close(self, request, queryset):
        queryset.update(status="x")
admin.site.register(Invoice, BillAdmin)
""",
            id="admin",
        ),
        pytest.param(
            """
from django.contrib import admin
class OrderInline(admin.TabularInline):
    model = Order
class BillInline(admin.TabularInline):
    model = Invoice
class CustomerAdmin(admin.ModelAdmin):
    inlines = [OrderInline]
    def save_formset(self, request, form, formset, change):
        for it in formset.save(commit=False):
            it.status = "x"  # WRITE
            it.save()
class BilledAdmin(admin.ModelAdmin):
    inlines = [BillInline]
    def save_formset(self, request, form, formset, change):
        for it in formset.save(commit=False):
            it.status = "x"
            it.save()
class SeveralAdmin(admin.ModelAdmin):
    def close(self, request, queryset):
        for it in queryset:
            it.status = "x"  # WRITE
            it.save()
site = admin.AdminSite()
site.register([Order], SeveralAdmin)
class NamedAdmin(admin.ModelAdmin):
    def save_model(self, request, obj, form, change):
        obj.status = "x"  # WRITE
site.register(Order, admin_class=NamedAdmin)
""",
            id="admin: inlines, several models",
        ),
        pytest.param(
            """
from django.contrib import admin
from shop.actions import close, settle
=== shop/admin.py
from django.contrib import admin
from shop.actions import close, settle
from shop.models import Invoice, Order
class OrderAdmin(admin.ModelAdmin):
    actions = [close]
class BillAdmin(admin.ModelAdmin):
    actions = ["delete", settle]
=== shop/sites.py
from django.contrib import admin
from shop.admin import BillAdmin, OrderAdmin
from shop.models import Invoice, Order
admin.site.register(Order, OrderAdmin)
admin.site.register(Invoice, BillAdmin)
=== shop/actions.py
def close(modeladmin, request, queryset):
    queryset.update(status="x")  # WRITE
def settle(modeladmin, request, queryset):
    queryset.update(status="x")
""",
            id="admin: actions and registration in modules of their own",
        ),
        pytest.param(
            """
from rest_framework import serializers, viewsets
class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["note"]
class BillSerializer(serializers.ModelSerializer):
    class Meta:
        model = Invoice
        fields = ["note"]
class Opening:
    def perform_create(self, serializer):
        serializer.save(status="new")  # WRITE
class Closing:
    def perform_update(self, serializer):
        serializer.save(status="x")
class OrderViews(Opening, viewsets.ModelViewSet):
    serializer_class = OrderSerializer
    def perform_update(self, serializer):
        more = {"status": "paid"}  # WRITE
        serializer.save(**more)  # WRITE
class BillViews(Closing, viewsets.ModelViewSet):
    serializer_class = BillSerializer
    def perform_create(self, serializer):
        serializer.save(status="x")
class ByQuery(viewsets.ModelViewSet):
    queryset = Order.objects.all()
    def perform_create(self, serializer):
        serializer.save(status="new")  # WRITE
""",
            id="views that save serializers",
        ),
        pytest.param(
            """
=== shop/migrations/__init__.py
=== shop/migrations/0002_x.py
from django.db import migrations
def forward(apps, schema_editor):
    Order = apps.get_model("shop", "Order")
    Bill = apps.get_model("shop.Invoice")
    for it in Order.objects.all():
        it.status = "x"  # WRITE
    Order.objects.using("x").update(status="y")  # WRITE
    Order._default_manager.filter(note="x").update(status="y")  # WRITE
    Bill.objects.update(status="x")
    one = apps.get_model("shop", "order")
    one.objects.create(status="x")  # WRITE
class Migration(migrations.Migration):
    operations = [migrations.RunPython(forward)]
""",
            id="migrations",
        ),
        pytest.param(
            """
from django.db.models.signals import pre_save, post_save
from django.dispatch import receiver
@receiver(pre_save, sender=Order)
def one(sender, instance, **kwargs):
    instance.status = "x"  # WRITE
@receiver([pre_save, post_save], sender="shop.Order")
def two(sender, instance, **kwargs):
    instance.status = "x"  # WRITE
def three(sender, instance, **kwargs):
    instance.status = "x"  # WRITE
post_save.connect(three, sender=Order)
@receiver(pre_save, sender=Invoice)
def four(sender, instance, **kwargs):
    instance.status = "x"
@receiver(pre_save, sender=Order)
@receiver(pre_save, sender=Invoice)
def five(sender, instance, **kwargs):
    instance.status = "x"  # WRITE
""",
            id="signals",
        ),
    ],
)
def test_rows_of_django(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, DJANGO + VIEW + body)
